/** One language's words, as a script: made by `vite.words.ts`. */
declare module 'virtual:words/*' {
  import type { Dictionary } from './dictionary'
  const words: Dictionary
  export default words
}
