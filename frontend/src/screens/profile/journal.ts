/** EP-6: where the call journal shows this employee's calls of these days. */
import type { Days } from '../../live/profile-period'
import { journalOf } from '../journal/address'

export const journalAddress = (employeeId: number, days: Days): string => journalOf({ employees: [employeeId] }, days)
