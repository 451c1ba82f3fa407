// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of ECharts that are used, and no others; loaded when the first chart is drawn.
import { BarChart, CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import {
  DatasetComponent, DataZoomInsideComponent, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent,
  TooltipComponent,
} from 'echarts/components';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

echarts.use([
  BarChart, CanvasRenderer, CustomChart, DatasetComponent, DataZoomInsideComponent, GridComponent, LegendComponent,
  LineChart, MarkAreaComponent, MarkLineComponent, ScatterChart, TooltipComponent,
]);

export { echarts };
export type { EChartsCoreOption } from 'echarts/core';
