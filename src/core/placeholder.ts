/** Where a template engine will write something: Helm's and Argo's `{{…}}`, Tekton's `$(…)`, a shell's `${…}`. */
const marks = [
  ['{{', '}}'],
  ['$(', ')'],
  ['${', '}'],
] as const

/** Looks for texts, not for a pattern: a string from an object may have megabytes. */
export const hasPlaceholder = (text: string): boolean =>
  marks.some(([open, close]) => {
    const start = text.indexOf(open)
    return start !== -1 && text.includes(close, start + open.length)
  })
