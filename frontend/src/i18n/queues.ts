/** The words of the Queues page. */
import type { Language } from './index.svelte'

const en = {
  title: 'Queues',
  waiting: 'Waiting',
  longest: 'Longest wait',
  free: 'Members free',
  line: 'Waiting in {queue}',
  members: 'Members of {queue}',
  nobodyWaits: 'Nobody waits.',
  nobodySits: 'Nobody sits in this queue.',
  noPlace: 'place not known',
  empty: 'There is no queue yet. The PBX has none, or an administrator has not taken them over.',
  loading: 'Loading the queues',
  state: {
    free: 'Free',
    ringing: 'Ringing',
    talking: 'Talking',
    paused: 'Paused',
    unavailable: 'Unavailable',
  },
}

type Worded<T> = { readonly [K in keyof T]: T[K] extends string ? string : Worded<T[K]> }
export type QueuesWords = Worded<typeof en>

export const queues: Readonly<Record<Language, QueuesWords>> = {
  en,
  ru: {
    title: 'Очереди',
    waiting: 'Ждут',
    longest: 'Самое долгое ожидание',
    free: 'Свободны',
    line: 'Ждут в очереди «{queue}»',
    members: 'Участники очереди «{queue}»',
    nobodyWaits: 'Никто не ждёт.',
    nobodySits: 'В этой очереди никого нет.',
    noPlace: 'место неизвестно',
    empty: 'Очередей пока нет: их нет на АТС, или администратор их ещё не перенёс.',
    loading: 'Загружаем очереди',
    state: {
      free: 'Свободны',
      ringing: 'Звонит телефон',
      talking: 'Разговаривают',
      paused: 'На паузе',
      unavailable: 'Недоступны',
    },
  },
  pl: {
    title: 'Kolejki',
    waiting: 'Czekają',
    longest: 'Najdłuższe oczekiwanie',
    free: 'Wolni członkowie',
    line: 'Czekają w kolejce „{queue}”',
    members: 'Członkowie kolejki „{queue}”',
    nobodyWaits: 'Nikt nie czeka.',
    nobodySits: 'W tej kolejce nikogo nie ma.',
    noPlace: 'miejsce nieznane',
    empty: 'Nie ma jeszcze kolejek: centrala ich nie ma albo administrator ich nie przejął.',
    loading: 'Wczytywanie kolejek',
    state: {
      free: 'Wolni',
      ringing: 'Dzwoni',
      talking: 'Rozmawiają',
      paused: 'Pauza',
      unavailable: 'Niedostępni',
    },
  },
  uk: {
    title: 'Черги',
    waiting: 'Чекають',
    longest: 'Найдовше очікування',
    free: 'Вільні',
    line: 'Чекають у черзі «{queue}»',
    members: 'Учасники черги «{queue}»',
    nobodyWaits: 'Ніхто не чекає.',
    nobodySits: 'У цій черзі нікого немає.',
    noPlace: 'місце невідоме',
    empty: 'Черг поки немає: їх немає на АТС, або адміністратор їх ще не переніс.',
    loading: 'Завантажуємо черги',
    state: {
      free: 'Вільні',
      ringing: 'Дзвонить телефон',
      talking: 'Розмовляють',
      paused: 'На паузі',
      unavailable: 'Недоступні',
    },
  },
}
