import { randomUUID } from 'node:crypto'
import fastify, { type FastifyInstance } from 'fastify'
import { couriersByZone } from './legacy-report.ts'
import type { EventModel } from './model.ts'

const text = { type: 'string', minLength: 1, maxLength: 40 }
const body = (name: string) => ({ body: { type: 'object', required: [name], properties: { [name]: text } } })

/** The couriers' service as it was before. It does not use changeover. */
export function createApp(events: EventModel): FastifyInstance {
  const app = fastify()

  app.post<{ Body: { name: string } }>('/couriers', { schema: body('name') }, async (request, reply) => {
    const id = randomUUID()
    await events.create({ type: 'courier.joined', courier: { id }, payload: { name: request.body.name } })
    return reply.code(201).send({ id })
  })

  app.post<{ Params: { id: string }; Body: { zone: string } }>(
    '/couriers/:id/moves',
    { schema: body('zone') },
    async (request, reply) => {
      const { id } = request.params
      await new events({ type: 'courier.moved', courier: { id }, payload: { zone: request.body.zone } }).save()
      return reply.code(204).send()
    },
  )

  app.delete<{ Params: { id: string } }>('/couriers/:id', async (request, reply) => {
    await events.insertMany([{ type: 'courier.left', courier: { id: request.params.id } }])
    return reply.code(204).send()
  })

  app.get('/reports/couriers-by-zone', async () =>
    couriersByZone(events.find().sort({ at: 1, _id: 1 }).lean().cursor()),
  )

  return app
}
