import type { RasterRequest } from '../src/report/hostMessage';
import type { PageMessage } from '../src/report/protocol';
import { linkButton } from './dom';

/** Pixels per CSS pixel of a saved picture. */
const scale = 2;

/** Asks the host to save a chart as a file of its own; `what` names it for those who do not see it. */
export function saveButton(key: string, what: string, onSave: () => void): HTMLButtonElement {
  const button = linkButton('Save chart…', `save:${key}`, `Save chart of ${what} as a picture`, onSave);
  button.classList.add('save');
  return button;
}

/** Draws an SVG of the host on a canvas, which only a page can, and posts the PNG. */
export async function answerRaster(
  drawing: RasterRequest,
  post: (message: PageMessage) => void,
): Promise<void> {
  const { request } = drawing;
  try {
    post({ type: 'raster', request, png: await pngOf(drawing) });
  } catch (error) {
    const message = error instanceof Error ? error.message.slice(0, 1000) : 'unknown';
    post({ type: 'rasterFailed', request, message });
  }
}

/** A PNG in base64, at twice the size. @throws Error where the page cannot draw it. */
export async function pngOf({
  svg,
  width,
  height,
}: Omit<RasterRequest, 'type' | 'request'>): Promise<string> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(scale * width);
  canvas.height = Math.ceil(scale * height);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this page has no canvas');
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const [, png = ''] = canvas.toDataURL('image/png').split(',');
  return png;
}
