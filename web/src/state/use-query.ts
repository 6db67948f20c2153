import { useCallback, useMemo } from 'react'
import { navigate, useSearch } from 'wouter/use-browser-location'

/**
 * The parameters of the page's address, and how to set them all. As the browser has them: `useSearchParams` of wouter decodes them twice, so that a
 * link, which has escapes of its own, comes out as another one.
 */
export function useQuery(): [
  query: URLSearchParams,
  set: (query: Record<string, string>, options?: { replace?: boolean }) => void,
] {
  const search = useSearch()
  const query = useMemo(() => new URLSearchParams(search), [search])
  const set = useCallback((next: Record<string, string>, options?: { replace?: boolean }) => {
    const text = new URLSearchParams(next).toString()
    navigate(text === '' ? location.pathname : `${location.pathname}?${text}`, options)
  }, [])
  return [query, set]
}
