/** What a step of a story is about: whom, which queue, and what its detail means. No words of ours in it. */
import type { StoryStep } from './frames'
import { phone } from './phone'
import { fileName, RECORDING } from './recordings'
import type { Who } from './rows'

export const OUTCOMES = ['answered', 'abandoned', 'timed_out', 'left'] as const
export type Outcome = (typeof OUTCOMES)[number]

export interface About {
  /** Names and numbers, as people know them. */
  texts: string[]
  /** How a stay in a queue ended. */
  outcome: Outcome | undefined
  /** The place in the queue at the joining. */
  position: number | undefined
}

export function about(step: StoryStep, who: Who): About {
  const texts = [
    step.account && who.nameOf(step.account),
    step.number && phone(step.number, who.country).text,
    step.queue && who.queueName(step.queue),
  ]
  const outcome = step.what === 'queue_left' ? OUTCOMES.find((one) => one === step.detail) : undefined
  const position = step.what === 'queue_joined' && step.detail ? Number(step.detail) || undefined : undefined
  if (step.what === RECORDING) texts.push(fileName(step.detail ?? ''))
  else if (step.detail && !outcome && position === undefined && step.detail !== 'waiting')
    texts.push(named(step.detail, who))
  return { texts: texts.filter((text) => !!text).map(String), outcome, position }
}

/** An account becomes its employee's name, a queue its label, a number is grouped, a menu's name stays. */
export function named(detail: string, who: Who): string {
  const name = who.queues.get(detail) ?? who.nameOf(detail)
  return name !== detail || !/^\+?\d{7,}$/.test(detail) ? name : phone(detail, who.country).text
}
