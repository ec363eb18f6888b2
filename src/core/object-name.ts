/**
 * The API accepts no other names for Secrets and ServiceAccounts (RFC 1123 subdomain), so nothing of another name exists.
 * It does not check the names that a PodSpec refers to: there, any text may stand, and none of it belongs into a URL or
 * into a command that somebody pastes.
 */
export const isObjectName = (name: string): boolean =>
  name.length <= 253 && /^[a-z0-9](?:[-.a-z0-9]*[a-z0-9])?$/.test(name)
