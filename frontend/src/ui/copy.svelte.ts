/** Puts a text on the clipboard and says so. */
import { fill, i18n } from '../i18n/index.svelte'
import { toast } from './toast.svelte'

export async function copy(text: string): Promise<boolean> {
  if (!text) return false // a masked number
  const done = await put(text)
  toast.say(done ? fill(i18n.t.copy.done, { number: text }) : i18n.t.copy.failed)
  return done
}

/** Puts a text on the clipboard without a word. */
export async function put(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return selectAndCopy(text)
  }
}

/** Over plain http there is no clipboard API; the old way still works there. */
function selectAndCopy(text: string): boolean {
  const focused = document.activeElement as HTMLElement | null
  const field = document.createElement('textarea')
  field.value = text
  field.className = 'unseen'
  document.body.append(field)
  field.select()
  const done = document.execCommand?.('copy') ?? false
  field.remove()
  focused?.focus()
  return done
}
