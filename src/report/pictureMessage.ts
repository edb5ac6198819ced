import * as z from 'zod/mini';

/** Letters of base64: more than the largest chart takes. */
const longestPng = 20_000_000;
export const pngSchema = z.string().check(z.maxLength(longestPng), z.regex(/^[A-Za-z0-9+/]+={0,2}$/));

/** Page to host: a chart that the page has drawn, to be saved. Without `png` the page could not draw it as one. */
export const pictureMessageSchema = z.object({
  type: z.literal('savePicture'),
  /** What the name of the file says of it. */
  name: z.string().check(z.maxLength(1000)),
  svg: z.string().check(z.maxLength(longestPng), z.regex(/^<svg /)),
  png: z.optional(pngSchema),
});
export type PictureMessage = z.infer<typeof pictureMessageSchema>;
