/** Which recordings a call has: a transfer's, and one that was begun in mid-call, have files of their own. */
import { phone } from './phone'
import type { CallRecord, StoryStep } from './frames'
import type { Who } from './rows'

export const RECORDING = 'recording'

export interface Recorded {
  part: number
  /** Undefined where it is not told. */
  at: number | undefined
  /** The last part of the file's path. */
  name: string
  /** Who is left and who right, where it has two channels: left is who was at the channel that was recorded. */
  sides: readonly [string, string] | undefined
}

export const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** As the server numbers them; one that nobody named may still be there. */
export function recordingsOf(record: CallRecord, who: Who, client: string): Recorded[] {
  const steps = record.story.filter((step) => step.what === RECORDING && step.detail)
  if (!steps.length) return [{ part: 0, at: undefined, name: fileName(record.recording ?? ''), sides: undefined }]
  return steps.map((step, part) => ({
    part,
    at: step.at,
    name: fileName(step.detail ?? ''),
    sides: sidesOf(step, record, who, client),
  }))
}

function sidesOf(step: StoryStep, record: CallRecord, who: Who, client: string): readonly [string, string] | undefined {
  const number = record.client_number
  const talked = record.employees.filter((one) => one.answered).map((one) => who.nameOf(one.account))
  const colleagues = talked.filter((name) => !step.account || name !== who.nameOf(step.account))
  const other = number
    ? phone(number, who.country, record.client_e164).text
    : record.type === 'internal' && colleagues.length
      ? colleagues.join(', ')
      : client
  if (step.account) return [who.nameOf(step.account), other]
  return step.number === number && talked.length ? [other, talked.join(', ')] : undefined
}
