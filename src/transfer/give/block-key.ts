/** One number for a block of a file: 2^21 is more than the blocks of the largest file, and both fit a double. */
export function keyOf(file: number, index: number): number {
  return file * 2 ** 21 + index
}
