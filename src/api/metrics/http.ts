import type { FastifyRequest } from 'fastify'
import { Histogram } from '../../base/histogram.ts'
import type { Api } from '../context.ts'
import { histogramMetric } from './metric.ts'

/** Times the answers of `app`, by route, not by address. Before the routes are added. */
export function timeRequests(app: Api): Histogram {
  const histogram = new Histogram({ labels: ['method', 'route', 'status'] })
  app.addHook('onResponse', async (request, reply) => {
    const status = `${Math.floor(reply.statusCode / 100)}xx`
    histogram.observe([request.method, routeOf(request), status], reply.elapsedTime / 1000)
  })
  return histogram
}

/** Whatever was asked for that is not there is one. */
export const routeOf = (request: FastifyRequest): string =>
  request.is404 ? 'none' : (request.routeOptions.url ?? 'none')

export const requestMetric = (histogram: Histogram) =>
  histogramMetric(
    'shoal_http_request_duration_seconds',
    'HTTP requests and the time until their answers ended, by method, route and class of status. Streams count when they end.',
    histogram,
  )
