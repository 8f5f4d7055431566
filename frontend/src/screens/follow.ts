/** A link that is followed within the page; a new tab is the browser's own affair. */
export function follow(event: MouseEvent, go: () => void): void {
  event.stopPropagation()
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return
  event.preventDefault()
  go()
}
