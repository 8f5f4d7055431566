import { getContext } from 'svelte'
import type { LiveFloor } from '../../live/floor.svelte'

/** The live floor of the project that is open; the shell sets it. */
export const useLive = (): LiveFloor => getContext<LiveFloor>('live')
