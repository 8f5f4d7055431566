/** The company's numbers and the list of spam, as the settings page edits them. */
import type { components } from './api'
import { ask } from './rest'

export type OwnNumber = components['schemas']['OwnNumber']
export type NumberChange = components['schemas']['NumberChange']

export const KINDS = ['geographic', 'toll_free', 'internal', 'mobile'] as const
export type NumberKind = (typeof KINDS)[number]

const numbers = (projectId: number) => `/projects/${projectId}/numbers`
const one = (projectId: number, number: string) => `${numbers(projectId)}/${encodeURIComponent(number)}`

export const putNumber = (projectId: number, number: string, change: NumberChange): Promise<OwnNumber> =>
  ask('PUT', one(projectId, number), change)

export const removeNumber = (projectId: number, number: string, revision: string): Promise<void> =>
  ask('DELETE', `${one(projectId, number)}?revision=${revision}`)

/** As a number may be written into the list: what the server takes. */
export const isNumber = (text: string): boolean => /^[0-9A-Za-z+*#._-]{1,64}$/.test(text)
