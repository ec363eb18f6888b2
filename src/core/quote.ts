// Room for a long registry host and a path, and still one line on a terminal.
const longest = 100

const codePoint = (character: string): string =>
  `U+${Number(character.codePointAt(0)).toString(16).toUpperCase().padStart(4, '0')}`

// Quotes text that a user wrote. What is not printable ASCII is written as its code point, so that line breaks, terminal
// escapes and look-alike letters cannot change how the sentence around it reads; what is very long is cut.
export const quote = (text: string): string => {
  const shown = text.length > longest ? `${text.slice(0, longest)}…` : text
  return `"${shown.replace(/[^\x20-\x7e…]/gu, (character) => `<${codePoint(character)}>`)}"`
}
