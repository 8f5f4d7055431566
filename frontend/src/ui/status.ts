/** A shape and a colour for each status of a call or a person and each badge, so that no one needs the colour. Drawn on a 16 px field. */

export const MARKS = {
  arriving: {
    colour: 'offline',
    path: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11Zm0 2a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7Z',
  },
  ivr: {
    colour: 'offline',
    path: 'M3 3h2.4v2.4H3V3Zm3.8 0h2.4v2.4H6.8V3Zm3.8 0H13v2.4h-2.4V3ZM3 6.8h2.4v2.4H3V6.8Zm3.8 0h2.4v2.4H6.8V6.8Zm3.8 0H13v2.4h-2.4V6.8ZM6.8 10.6h2.4V13H6.8v-2.4Z',
  },
  queue: { colour: 'queue', path: 'M2.5 3h11v2.2h-11V3Zm0 3.9h11v2.2h-11V6.9Zm0 3.9H9V13H2.5v-2.2Z' },
  ringing: {
    colour: 'ringing',
    path: 'M8 1.8c-2.5 0-4.2 1.9-4.2 4.3 0 2.7-.7 3.9-1.6 4.7-.3.3-.1.9.4.9h10.8c.5 0 .7-.6.4-.9-.9-.8-1.6-2-1.6-4.7 0-2.4-1.7-4.3-4.2-4.3ZM6.3 12.7a1.8 1.8 0 0 0 3.4 0H6.3Z',
  },
  dialling: {
    colour: 'ringing',
    path: 'M3 6.4a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2Zm5 0a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2Zm5 0a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2Z',
  },
  talking: {
    colour: 'talking',
    path: 'M3.6 2h2c.4 0 .7.2.9.6l.8 2c.1.4 0 .8-.3 1.1l-1 .8a7.3 7.3 0 0 0 3.5 3.5l.8-1c.3-.3.7-.4 1.1-.3l2 .8c.4.2.6.5.6.9v2c0 .8-.7 1.4-1.5 1.3A11.3 11.3 0 0 1 2.3 3.5C2.2 2.7 2.8 2 3.6 2Z',
  },
  hold: { colour: 'hold', path: 'M3.5 2.5h3.2v11H3.5v-11Zm5.8 0h3.2v11H9.3v-11Z' },
  conference: {
    colour: 'talking',
    path: 'M8 2a2.3 2.3 0 1 1 0 4.6A2.3 2.3 0 0 1 8 2ZM3.8 8.4a2.3 2.3 0 1 1 0 4.6 2.3 2.3 0 0 1 0-4.6Zm8.4 0a2.3 2.3 0 1 1 0 4.6 2.3 2.3 0 0 1 0-4.6Z',
  },
  transfer: { colour: 'transfer', path: 'M2 6.9h7.2V3.5L14 8l-4.8 4.5V9.1H2V6.9Z' },
  parked: {
    colour: 'hold',
    path: 'M3.5 2h9A1.5 1.5 0 0 1 14 3.5v9a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 2 12.5v-9A1.5 1.5 0 0 1 3.5 2Zm2.7 2.3v7.4h1.7V9.5h.8a2.6 2.6 0 0 0 0-5.2H6.2Zm1.7 1.5h.7a1.1 1.1 0 0 1 0 2.2h-.7V5.8Z',
  },
  voicemail: {
    colour: 'offline',
    path: 'M4.5 4.5A3.5 3.5 0 0 1 7.5 9.8h1a3.5 3.5 0 1 1 3 1.7h-7a3.5 3.5 0 1 1 0-7Zm0 1.8a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4Zm7 0a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4Z',
  },
  fax: { colour: 'offline', path: 'M3.5 1.8h6l3 3v9.4h-9V1.8Zm1.8 5.7v1.3h5.4V7.5H5.3Zm0 2.7v1.3h5.4v-1.3H5.3Z' },
  online: { colour: 'online', path: 'M8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3Z' },
  dnd: { colour: 'dnd', path: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2ZM4.6 7v2h6.8V7H4.6Z' },
  offline: {
    colour: 'offline',
    path: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11Zm0 2a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7Z',
  },
  unknown: {
    colour: 'offline',
    path: 'M2 6.6 6.6 2h2.6L2 9.2V6.6Zm0 5L11.6 2H14v.2L2.2 14H2v-2.4ZM4.8 14 14 4.8v2.6L7.4 14H4.8Zm5 0L14 9.8v2.6L12.4 14H9.8Z',
  },
  paused: { colour: 'dnd', path: 'M3.5 2.5h3.2v11H3.5v-11Zm5.8 0h3.2v11H9.3v-11Z' },
  wrap_up: {
    colour: 'queue',
    path: 'M10.8 2.3a1.4 1.4 0 0 1 2 0l.9.9a1.4 1.4 0 0 1 0 2L5.9 13l-3.7.8.8-3.7 7.8-7.8Z',
  },
} as const

export type StatusName = keyof typeof MARKS
