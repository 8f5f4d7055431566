/** Where the messages are: the tab, and the message that lies over it. */
import { TABS, type Tab } from '../../live/messages'
import { router } from '../../router.svelte'

export const openedTab = (): Tab => TABS.find((one) => one === router.parts[1]) ?? 'voicemail'

export function openedId(): string | undefined {
  const id = router.parts[2] ?? ''
  return /^\d{1,15}$/.test(id) ? id : undefined
}

export const openMessage = (tab: Tab, id: string): void => router.go(`/messages/${tab}/${id}`)
export const closeMessage = (): void => router.go(`/messages/${openedTab()}`)

/** The other tab has filters of its own. */
export const openTab = (tab: Tab): void => router.go(`/messages/${tab}`, { search: '' })
