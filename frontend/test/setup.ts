import '@testing-library/jest-dom/vitest'

// jsdom has neither; what is measured and asked of the medium is the browser tests' affair.
globalThis.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
}
globalThis.matchMedia = (media: string) =>
  ({ matches: false, media, addEventListener() {}, removeEventListener() {} }) as unknown as MediaQueryList
