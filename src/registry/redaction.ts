import { printable } from '../core/printable.ts'

// What of a URL or of a registry's own words may be shown: storage and token URLs carry signatures in their queries.

const longestUrl = 300

/** `https://auth.example/token?service&scope`: no user info, no query value, no fragment. */
export const shownUrl = (url: URL): string => {
  const names = [...new Set(url.searchParams.keys())]
  const query = names.length === 0 ? '' : `?${names.map(encodeURIComponent).join('&')}`
  return printable(`${url.origin}${url.pathname}${query}`, longestUrl)
}

const longestText = 200

/** One line of a stranger's text, URLs in it cut before their query, and whatever it repeats of our secrets left out. */
export const shownText = (text: string, secrets: readonly string[]): string => {
  const withoutSecrets = secrets
    .filter((secret) => secret !== '')
    .reduce((shown, secret) => shown.replaceAll(secret, '[…]'), text.slice(0, 8 * longestText))
  const withoutQueries = withoutSecrets.replace(/(https?:\/\/)(?:[^\s/@]*@)?([^\s?#]*)[?#]\S*/g, '$1$2')
  return printable(withoutQueries.trim(), longestText)
}
