/** What is said while Callfloor starts with a store that has to be upgraded first. */
import type { Language } from './index.svelte'

const en = {
  title: 'Callfloor is being upgraded',
  step: 'Step {step} of {of}. The page goes on by itself.',
  share: 'Step {step} of {of}, {percent} %. The page goes on by itself.',
  aged: 'What you see is {age} old.',
}

export type UpgradeWords = { readonly [K in keyof typeof en]: string }

const ru: UpgradeWords = {
  title: 'Callfloor обновляется',
  step: 'Шаг {step} из {of}. Страница продолжит работу сама.',
  share: 'Шаг {step} из {of}, {percent} %. Страница продолжит работу сама.',
  aged: 'Данным на экране {age}.',
}

const pl: UpgradeWords = {
  title: 'Trwa aktualizacja Callfloor',
  step: 'Krok {step} z {of}. Strona wznowi pracę sama.',
  share: 'Krok {step} z {of}, {percent}%. Strona wznowi pracę sama.',
  aged: 'Wiek danych na ekranie: {age}.',
}

const uk: UpgradeWords = {
  title: 'Callfloor оновлюється',
  step: 'Крок {step} з {of}. Сторінка продовжить роботу сама.',
  share: 'Крок {step} з {of}, {percent} %. Сторінка продовжить роботу сама.',
  aged: 'Даним на екрані {age}.',
}

export const upgrade: Record<Language, UpgradeWords> = { en, ru, pl, uk }
