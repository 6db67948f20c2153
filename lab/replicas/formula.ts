/** What copies are worth when nobody makes any again and holders come and go independently of each other. */

/** Share of the time at which at least one of `replicas` copies is there, when each holder is for the share `up`. */
export const availability = (up: number, replicas: number): number => 1 - (1 - up) ** replicas

/** Least copies of which one is there for the share `wanted` of the time: ln(1 - wanted) / ln(1 - up). */
export const replicasFor = (up: number, wanted: number): number =>
  Math.ceil(Math.log(1 - wanted) / Math.log(1 - up) - 1e-9)
