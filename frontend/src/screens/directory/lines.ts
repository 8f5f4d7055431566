/** Trunks and outbound routes as people read and write them. */

const TECHS: Readonly<Record<string, string>> = { pjsip: 'PJSIP', sip: 'SIP (chan_sip)', iax2: 'IAX2', dahdi: 'DAHDI' }

export const techText = (tech: string): string => TECHS[tech] ?? tech

/** The lines of a text that say something, each once. */
export const linesOf = (text: string): string[] => [
  ...new Set(
    text
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean),
  ),
]
