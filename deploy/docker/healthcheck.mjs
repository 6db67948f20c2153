// Exit code 0 when the server in this container is ready. The port is that of the environment, else a node's default.
const port = process.env.SHOAL_HTTP_PORT || '8081'
try {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4000) })
  if (!answer.ok) throw new Error(await answer.text())
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
