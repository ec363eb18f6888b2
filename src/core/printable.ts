/**
 * Text from outside made fit to show: one line, no control characters, bounded. Image strings and registry answers are
 * written by strangers, and the API server silently drops a warning that contains a control character.
 */

// C0, DEL and C1 controls, line and paragraph separators, and the marks that reorder text on a terminal.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu
// Half a surrogate pair, which a cut may leave behind, is not valid in a header.
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** No image string is shown longer anywhere: a reference in use is far below, the rest only hides the message. */
export const imageLimit = 256

/** At most `limit` UTF-16 units, the last one an ellipsis where something was cut. */
export const printable = (text: string, limit: number): string => {
  if (limit <= 0) return ''
  const head = text.length > limit ? `${text.slice(0, Math.max(0, limit - 1))}…` : text
  return head.replace(unprintable, ' ').replace(loneSurrogate, '�')
}

export const printableImage = (image: string): string => printable(image, imageLimit)
