/** The words of the search in the top line. */
import type { Language } from './index.svelte'

const en = {
  results: 'Found',
  callsOf: 'Calls with {name}',
  profileOf: 'Profile of {name}',
  callsNumber: 'Calls of numbers with {digits}',
  liveCalls: 'Calls now',
  section: 'Settings',
  page: 'Page',
  nothing: 'Nothing is found. A name, {n} digits or more of a number, or a page.',
}

export type FindWords = { readonly [K in keyof typeof en]: string }

export const find: Readonly<Record<Language, FindWords>> = {
  en,
  ru: {
    results: 'Найдено',
    callsOf: 'Звонки: {name}',
    profileOf: 'Профиль: {name}',
    callsNumber: 'Звонки с номеров, где есть {digits}',
    liveCalls: 'Звонки сейчас',
    section: 'Настройки',
    page: 'Страница',
    nothing: 'Ничего не найдено. Введите имя, от {n} цифр номера или название страницы.',
  },
  pl: {
    results: 'Znaleziono',
    callsOf: 'Połączenia: {name}',
    profileOf: 'Profil: {name}',
    callsNumber: 'Połączenia numerów, w których jest {digits}',
    liveCalls: 'Połączenia teraz',
    section: 'Ustawienia',
    page: 'Strona',
    nothing: 'Nic nie znaleziono. Wpisz imię, co najmniej {n} cyfry numeru albo nazwę strony.',
  },
  uk: {
    results: 'Знайдено',
    callsOf: 'Дзвінки: {name}',
    profileOf: 'Профіль: {name}',
    callsNumber: 'Дзвінки з номерів, де є {digits}',
    liveCalls: 'Дзвінки зараз',
    section: 'Налаштування',
    page: 'Сторінка',
    nothing: 'Нічого не знайдено. Введіть ім’я, від {n} цифр номера або назву сторінки.',
  },
}
