import '@testing-library/jest-dom/vitest'

// jsdom has neither; what is measured and asked of the medium is the browser tests' affair.
globalThis.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
}
globalThis.matchMedia = (media: string) =>
  ({ matches: false, media, addEventListener() {}, removeEventListener() {} }) as unknown as MediaQueryList

// The page is not made before its words are here, and neither is a test of it.
await (
  await import('../src/i18n/index.svelte')
).i18n.ready
