/** What a chart of stacked bars is made of, and how ECharts is told. */
import type { BarOption } from './echarts'

export interface ChartSeries {
  key: string
  name: string
  /** The token of its colour. */
  token: string
  /** Drawn with strokes: what is not known. */
  hatched?: boolean
  values: readonly number[]
}

/** Room in px around the bars; the columns that are hovered and focused lie in what it leaves. */
export const ROOM = { left: 48, right: 8, top: 8, bottom: 24 }

interface Look {
  /** A token's value where the chart stands, so in its theme. */
  colour: (token: string) => string
  font: string
}

interface Drawn {
  categories: readonly string[]
  series: readonly ChartSeries[]
  /** The axis ends here; by the data where it is not given. */
  max?: number
  /** From one line of the axis to the next. */
  interval?: number
  axis: (value: number) => string
}

export function barOption({ categories, series, max, interval, axis }: Drawn, { colour, font }: Look): BarOption {
  const tallest =
    max ?? Math.max(...categories.map((_, place) => series.reduce((sum, one) => sum + (one.values[place] ?? 0), 0)))
  // A line between the parts, but none that would hide a part as thin as itself.
  const datum = (value: number) =>
    value > 0 ? { value, itemStyle: { borderWidth: categories.length > 60 || value < tallest * 0.03 ? 0 : 1 } } : '-'
  const label = { color: colour('--text-muted'), fontFamily: font, fontSize: 12 }
  return {
    animation: false,
    grid: { ...ROOM, outerBoundsMode: 'none' },
    xAxis: {
      type: 'category',
      data: [...categories],
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colour('--line') } },
      axisLabel: { ...label, hideOverlap: true },
    },
    yAxis: {
      type: 'value',
      max,
      interval,
      minInterval: 1,
      splitNumber: 4,
      splitLine: { lineStyle: { color: colour('--line') } },
      axisLabel: { ...label, formatter: axis },
    },
    series: series.map(({ key, name, token, hatched, values }) => ({
      id: key,
      name,
      type: 'bar',
      stack: 'all',
      barMaxWidth: 44,
      barCategoryGap: '28%',
      silent: true,
      data: values.map(datum),
      itemStyle: {
        color: hatched ? colour('--surface-sunk') : colour(token),
        borderColor: colour('--surface-raised'),
        ...(hatched && { decal: strokes(colour(token)) }),
      },
    })),
  }
}

const strokes = (color: string) => ({
  color,
  dashArrayX: [1, 0],
  dashArrayY: [1.5, 4],
  rotation: -Math.PI / 4,
  symbolSize: 1,
})
