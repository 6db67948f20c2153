import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesOf, startShelf } from './testing/shelf.ts'

test('a file in a folder, through a path of names that have to be escaped', async (t) => {
  const { get, tree, small } = await startShelf(t)
  const root = tree.get('')!
  const path = `/ipfs/${root}/sub/${encodeURIComponent('été #1?.txt')}`
  const answer = await get(path)
  assert.deepEqual(await bytesOf(answer), small.bytes)
  assert.equal(answer.headers.get('etag'), `"${small.cid}"`)
  assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8')
  assert.equal(answer.headers.get('x-ipfs-path'), path)
  assert.equal(answer.headers.get('x-ipfs-roots'), [root, tree.get('sub'), small.cid].join(','))
  assert.equal((await get(path, { 'if-none-match': `"${small.cid}"` })).status, 304)
  const saved = await get(`${path}?download=true`)
  assert.equal(
    saved.headers.get('content-disposition'),
    `attachment; filename="_t_ #1?.txt"; filename*=UTF-8''%C3%A9t%C3%A9%20%231%3F.txt`,
  )
})

test('names that would show themselves as others are made visible, and still lead to their files', async (t) => {
  const { get, content, small } = await startShelf(t)
  const name = 'annexe\u202etxt.exe'
  const tree = await content.addFolder({ [`${name}/two\nlines.txt`]: small.cid })
  const path = `/ipfs/${tree.get('')}/${encodeURIComponent(name)}/`
  const page = await (await get(path)).text()
  assert.doesNotMatch(page, /\u202e/)
  assert.ok(page.includes('<h1>annexe\\u{202e}txt.exe</h1>'), page)
  const [, link] = /href="(\.\/two[^"]*)"><bdi>two␊lines.txt</.exec(page) ?? []
  assert.deepEqual(await bytesOf(await get(`${path}${link}`)), small.bytes)
})

test('a folder is a page, at an address that ends with a slash', async (t) => {
  const { get, tree } = await startShelf(t)
  const root = tree.get('')!
  const redirect = await get(`/ipfs/${root}/sub?download=false`)
  assert.deepEqual(
    [redirect.status, redirect.headers.get('location')],
    [301, `/ipfs/${root}/sub/?download=false`],
  )
  const answer = await get(`/ipfs/${root}/sub/`)
  const page = await answer.text()
  assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8')
  assert.match(answer.headers.get('etag') ?? '', new RegExp(`^"DirIndex-.*_CID-${tree.get('sub')}"$`))
  assert.deepEqual(
    [...page.matchAll(/<a href="([^"]*)"><bdi>([^<]*)</g)].map(([, href, name]) => [href, name]),
    [
      ['../', '..'],
      ['./deeper/', 'deeper/'],
      ['./%C3%A9t%C3%A9%20%231%3F.txt', 'été #1?.txt'],
      ['./note.txt', 'note.txt'],
    ],
  )
  assert.match(answer.headers.get('content-security-policy') ?? '', /^default-src 'none'; style-src 'sha256-/)
  const etag = answer.headers.get('etag')!
  assert.equal((await get(`/ipfs/${root}/sub/`, { 'if-none-match': etag })).status, 304)
  const head = await get(`/ipfs/${root}/`, {}, 'HEAD')
  assert.ok(Number(head.headers.get('content-length')) > 500)
  assert.equal((await get(`/ipfs/${root}/empty/`)).status, 200)
})

test('names are text in the page, whatever they are', async (t) => {
  const { get, content, small } = await startShelf(t)
  const name = `<img src=x onerror="alert('1')">&.txt`
  const root = (await content.addFolder({ [name]: small.cid })).get('')!
  const page = await (await get(`/ipfs/${root}/`)).text()
  assert.doesNotMatch(page, /<img|onerror="/)
  const [, href] = /<a href="(\.\/[^"]*)"/.exec(page)!
  assert.deepEqual(
    await bytesOf(await get(`/ipfs/${root}/${href!.slice(2).replaceAll('&#39;', "'")}`)),
    small.bytes,
  )
})

test('index.html stands for its folder, without rights', async (t) => {
  const { get, content } = await startShelf(t)
  const page = content.addFile(Buffer.from('<h1>Hello</h1>'))
  const root = (await content.addFolder({ 'index.html': page, 'sub/index.html/odd.txt': page })).get('')!
  const answer = await get(`/ipfs/${root}/`)
  assert.equal(await answer.text(), '<h1>Hello</h1>')
  assert.match(answer.headers.get('content-security-policy') ?? '', /^sandbox;/)
  assert.equal(answer.headers.get('etag'), `"${page}"`)
  assert.equal((await get(`/ipfs/${root}/`, { 'if-none-match': `"${page}"` })).status, 304)
  // A folder of that name is none.
  assert.match(await (await get(`/ipfs/${root}/sub/`)).text(), /index\.html\//)
})

test('a folder of thousands: files by name, and a page of the first ten thousand', {
  timeout: 60_000,
}, async (t) => {
  const { get, content, small } = await startShelf(t)
  const files = Object.fromEntries(Array.from({ length: 12_000 }, (_, i) => [`photo ${i}.txt`, small.cid]))
  const root = (await content.addFolder(files)).get('')!
  assert.deepEqual(await bytesOf(await get(`/ipfs/${root}/photo%2011999.txt`)), small.bytes)
  assert.equal((await get(`/ipfs/${root}/photo%2012000.txt`)).status, 404)
  const page = await (await get(`/ipfs/${root}/`)).text()
  assert.equal(page.match(/<tr>/g)?.length, 10_000)
  assert.match(page, /Only 10000 entries/)
})
