/** One's own account, the ways to sign in, and the tokens of programs. */
import type { components } from './api'
import { ask } from './rest'

type Shapes = components['schemas']
export type Account = Shapes['Account']
export type Begun = Shapes['Begun']
export type LinkFound = Shapes['LinkFound']
export type SignInWays = Shapes['SignInWays']
export type TokenEntry = Shapes['TokenEntry']
export type TokenList = Shapes['TokenList']
export type TokenMade = Shapes['TokenMade']

export const signInWays = (): Promise<SignInWays> => ask('GET', '/sign-in')
export const forgot = (login: string): Promise<void> => ask('POST', '/sign-in/forgotten', { login })
export const openLink = (token: string): Promise<LinkFound> => ask('POST', '/sign-in/link', { token })
export const spendLink = (token: string, password: string): Promise<void> =>
  ask('PUT', '/sign-in/link', { token, password })
export const startElsewhere = (to: string): string => `/api/v1/oidc/start?to=${encodeURIComponent(to)}`

export const myAccount = (): Promise<Account> => ask('GET', '/account')
export const chooseLook = (look: { locale?: string; theme?: string }): Promise<unknown> =>
  ask('PUT', '/account/look', look)
export const changePassword = (current: string, wanted: string): Promise<void> =>
  ask('PUT', '/account/password', { current, new: wanted })

export const beginFactor = (password: string): Promise<Begun> => ask('POST', '/account/second-factor', { password })
export const confirmFactor = async (code: string): Promise<string[]> =>
  (await ask<Shapes['RecoveryCodes']>('PUT', '/account/second-factor', { code })).codes
export const removeFactor = (password: string): Promise<void> =>
  ask('POST', '/account/second-factor/remove', { password })
export const renewCodes = async (password: string): Promise<string[]> =>
  (await ask<Shapes['RecoveryCodes']>('POST', '/account/second-factor/recovery-codes', { password })).codes

export const listTokens = (): Promise<TokenList> => ask('GET', '/tokens')
export const makeToken = (asked: Shapes['TokenAsked']): Promise<TokenMade> => ask('POST', '/tokens', asked)
export const revokeToken = (id: number): Promise<void> => ask('DELETE', `/tokens/${id}`)
