/** Names that the PBX gives, as people call them. */
import type { Dictionary } from '../../i18n/dictionary'

/** app_voicemail's own folders have names in every language; others stay as they are. */
export function folderName(folder: string, words: Dictionary['messages']): string {
  const known = Object.keys(words.folder).find((one) => one.toLowerCase() === folder.toLowerCase())
  return known ? words.folder[known as keyof typeof words.folder] : folder
}

/** Why there are no pages to show; undefined where there are. */
export function missingWhy(keeping: string, shown: number | null, words: Dictionary['messages']): string | undefined {
  if (keeping === 'kept') return shown === null ? words.keeping.broken : undefined
  const known = Object.keys(words.keeping).find((one) => one === keeping)
  return words.keeping[(known ?? 'failed') as keyof typeof words.keeping]
}

/** The PBX counts pixels to the metre; people know a fax by those to the inch. */
export function resolutionOf(told: string | null): string | null {
  const found = /^(\d{3,5})x(\d{3,5})$/.exec(told ?? '')
  if (!found) return told
  const [across, down] = [found[1], found[2]].map((one) => Math.round(Number(one) * 0.0254))
  return `${across} × ${down} dpi`
}
