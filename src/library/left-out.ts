/**
 * Why something in a shared folder is not shared. `removed`: it was taken out of the share on request. `changed`: it is shared when it has settled.
 * `special file`: a socket, pipe or device.
 */
export const LEFT_OUT_REASONS = [
  'temporary name',
  'hidden',
  'removed',
  'own data',
  'symbolic link',
  'special file',
  'name is not UTF-8',
  'unreadable',
  'changed',
  'gone',
  'damaged',
] as const

export type LeftOutReason = (typeof LEFT_OUT_REASONS)[number]

/** Something that a scan found and does not share. What is in a folder that is left out is not looked at. */
export interface LeftOut {
  /** As others would see it: the name of what is shared, then the path below it. */
  readonly path: string
  readonly reason: LeftOutReason
}
