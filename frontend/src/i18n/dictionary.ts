/** What every language must say: the shape of English, with plural forms of its own. */
import type { en } from './en'
import type { FourForms, Forms, TwoForms } from './plural'
import type { StoryWords } from './story'

type Worded<T, P extends Forms> = {
  readonly [K in keyof T]: T[K] extends TwoForms ? P : T[K] extends string ? string : Worded<T[K], P>
}

type Shape<P extends Forms> = Worded<typeof en, P> & { readonly story: StoryWords }

export type FourFormDictionary = Omit<Shape<FourForms>, 'story'>
export type Dictionary = Shape<Forms>
