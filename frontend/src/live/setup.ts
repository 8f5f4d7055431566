/** The first start: a new Callfloor waits for its administrator. */
import type { components } from './api'
import { ask } from './rest'

export type SetUpAsked = components['schemas']['SetUpAsked']
export type NewProject = components['schemas']['NewProject']
export type NewAdministrator = components['schemas']['NewAdministrator']

export const setUpNeeded = async (): Promise<boolean> => (await ask<{ needed: boolean }>('GET', '/setup')).needed
export const proveCode = (code: string): Promise<void> => ask('POST', '/setup/code', { code })
export const setUp = (asked: SetUpAsked): Promise<void> => ask('POST', '/setup', asked)
