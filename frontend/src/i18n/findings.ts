/** What the doctor of a connection finds, in the page's languages: apart from the other words, whose page needs it asks for it. */
import { doctorPl } from './doctor-pl'
import { doctorRu } from './doctor-ru'
import { doctorUk } from './doctor-uk'
import type { Language } from './index.svelte'

/** A finding's title and what it costs, by its id; in English the server has them. */
export type Findings = Record<string, readonly [string, string?]>
export const findings: Record<Language, Findings> = { en: {}, ru: doctorRu, pl: doctorPl, uk: doctorUk }
