/** The parts of ECharts that the page draws with, and no more: a chunk of its own, fetched with the first chart. */
import { BarChart, type BarSeriesOption } from 'echarts/charts'
import { GridComponent, type GridComponentOption } from 'echarts/components'
import { init, use, type ComposeOption, type EChartsType } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'

use([BarChart, GridComponent, CanvasRenderer])

export type BarOption = ComposeOption<BarSeriesOption | GridComponentOption>
export { init, type EChartsType }
