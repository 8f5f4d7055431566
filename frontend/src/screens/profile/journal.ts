/** EP-6: where the call journal shows this employee's calls of these days. */
import type { Days } from '../../live/profile-period'

/** Undefined while there is no journal page; with one, its address: the profile then has the link. */
export const journalAddress: ((employeeId: number, days: Days) => string) | undefined = undefined
