/** One short notice at the bottom of the page; the next replaces it. */
const SHOWN_MS = 2500
/** What failed, and why, takes longer to read. */
const WARNING_MS = 9000

/** With something to act on, people need time to decide. */
const ACTION_MS = 12000

export interface ToastAction {
  label: string
  run: () => void
}

class Toast {
  text = $state('')
  action = $state.raw<ToastAction>()
  warning = $state(false)
  #timer: ReturnType<typeof setTimeout> | undefined

  say(text: string, action?: ToastAction): void {
    this.#show(text, false, action ? ACTION_MS : SHOWN_MS)
    this.action = action
  }

  warn(text: string): void {
    this.#show(text, true, WARNING_MS)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.text = ''
    this.action = undefined
  }

  #show(text: string, warning: boolean, ms: number): void {
    this.text = text
    this.warning = warning
    this.action = undefined
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.close(), ms)
  }
}

export const toast = new Toast()
