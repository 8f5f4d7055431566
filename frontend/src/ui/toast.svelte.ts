/** One short notice at the bottom of the page; the next replaces it. */
const SHOWN_MS = 2500

class Toast {
  text = $state('')
  #timer: ReturnType<typeof setTimeout> | undefined

  say(text: string): void {
    this.text = text
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => (this.text = ''), SHOWN_MS)
  }
}

export const toast = new Toast()
