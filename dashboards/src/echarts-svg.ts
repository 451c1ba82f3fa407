// SPDX-License-Identifier: GPL-2.0-or-later
// For a chart that is saved as SVG; loaded when somebody does.
import { SVGRenderer } from 'echarts/renderers';
import { echarts } from './echarts';

echarts.use([SVGRenderer]);

export function toSvg(option: Parameters<echarts.ECharts['setOption']>[0], width: number, height: number): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption(option);
  const text = chart.renderToSVGString();
  chart.dispose();
  return text;
}
