/** One short notice at the bottom of the page; the next replaces it. */
const SHOWN_MS = 2500
/** What failed, and why, takes longer to read. */
const WARNING_MS = 9000

class Toast {
  text = $state('')
  warning = $state(false)
  #timer: ReturnType<typeof setTimeout> | undefined

  say(text: string): void {
    this.#show(text, false, SHOWN_MS)
  }

  warn(text: string): void {
    this.#show(text, true, WARNING_MS)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.text = ''
  }

  #show(text: string, warning: boolean, ms: number): void {
    this.text = text
    this.warning = warning
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.close(), ms)
  }
}

export const toast = new Toast()
