/** Puts something last into a map that has a bound; what was put longest ago makes room. True: the key is new. */
export function remember<K, V>(map: Map<K, V>, key: K, value: V, limit: number): boolean {
  const isNew = !map.delete(key)
  map.set(key, value)
  for (const oldest of map.keys()) {
    if (map.size <= limit) break
    map.delete(oldest)
  }
  return isNew
}
