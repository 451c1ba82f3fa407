// SPDX-License-Identifier: GPL-2.0-or-later
// Pictures of charts, made in the browser and saved by it: no server sees them.
import { h } from './dom';

export function save(blob: Blob, file: string): void {
  const url = URL.createObjectURL(blob);
  const anchor = h('a', { href: url, download: file });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

export function saveSvg(text: string, file: string): void {
  save(new Blob([text], { type: 'image/svg+xml' }), file + '.svg');
}

const PIXELS = 2; // a point of the picture, for paper

export async function savePng(text: string, width: number, height: number, file: string): Promise<void> {
  const url = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = h('canvas', { width: width * PIXELS, height: height * PIXELS });
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(url);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
  if (blob) save(blob, file + '.png');
}

const STYLED = ['fill', 'stroke', 'stroke-width', 'font-size', 'font-family', 'font-weight', 'opacity'];

/** An SVG of the page as a file of its own: what the style sheet says of it is written into it. */
export function standalone(element: SVGSVGElement, width: number, height: number): string {
  const copy = element.cloneNode(true) as SVGSVGElement;
  const from = [element, ...element.querySelectorAll('*')];
  [copy, ...copy.querySelectorAll('*')].forEach((to, i) => {
    const style = getComputedStyle(from[i]!);
    for (const property of STYLED) to.setAttribute(property, style.getPropertyValue(property));
    to.removeAttribute('class');
  });
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  return new XMLSerializer().serializeToString(copy);
}
