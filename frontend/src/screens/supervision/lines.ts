/** The lines that the page really opens. */
import { ControlLine } from '../../live/audio/line'
import { SupervisionAudio } from '../../live/audio/supervision-audio'
import type { Lines } from './session.svelte'

export const lines: Lines = {
  sound: (events) => new SupervisionAudio(events),
  control: (events) => new ControlLine(events),
}
