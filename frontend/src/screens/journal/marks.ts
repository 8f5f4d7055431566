/** How marks and results look; each has its word beside it or in its title. */
import type { JournalRow, Mark, Outcome } from '../../live/journal'
import type { IconName } from '../../ui/icons'

export const MARK_ICONS: Readonly<Record<Mark, IconName>> = {
  unique: 'user',
  repeat: 'employees',
  target: 'star',
  callback: 'callback',
  spam: 'ban',
  successful: 'check',
  unsuccessful: 'close',
}

/** Red is for what the company should have answered. */
export const toneOf = (outcome: Outcome): 'good' | 'bad' | 'plain' => {
  if (outcome === 'answered') return 'good'
  return outcome === 'missed' || outcome === 'abandoned_queue' || outcome === 'abandoned_ivr' ? 'bad' : 'plain'
}

/** Most calls are no success, and no sign is needed for that; nor for what the call's type says already. */
export const told = ({ marks, type }: Pick<JournalRow, 'marks' | 'type'>): Mark[] =>
  marks.filter((one) => one !== 'unsuccessful' && one !== type)
