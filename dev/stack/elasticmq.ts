import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { ChangeoverError, redactUrl } from '../../src/core/index.ts'
import { fillOnce } from './fill-once.ts'
import { mustListen } from './given.ts'
import { launch } from './launch.ts'
import { run } from './run.ts'
import { given } from './service.ts'
import type { Context, Running } from './service.ts'
import { endpointAt } from './sqs.ts'
import type { SqsEndpoint } from './sqs.ts'
import type { Command } from './supervised.ts'

const VERSION = '1.6.12'
const CLASSPATH = 'classpath.txt'

const REMEDY =
  'Install Java 17 and Maven, or run `docker compose -f dev/stack/compose.yaml up -d --wait sqs` and set ' +
  'ELASTICMQ_ENDPOINT=http://127.0.0.1:9324.'

/** Only Maven knows the dependencies of a library: a project that has nothing but this one. */
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>changeover</groupId>
  <artifactId>elasticmq</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.elasticmq</groupId>
      <artifactId>elasticmq-server_2.13</artifactId>
      <version>${VERSION}</version>
    </dependency>
  </dependencies>
</project>
`

/** A second server with the API of SQS, by other authors: ElasticMQ, from Maven Central. It needs Java and Maven. */
export async function findElasticmq(context: Context): Promise<Running<SqsEndpoint>> {
  const { machine, signal } = context
  const { env } = machine
  const endpoint = env.ELASTICMQ_ENDPOINT
  if (endpoint) {
    await mustListen('ELASTICMQ_ENDPOINT', endpoint, 9324, signal)
    return given(endpointAt(endpoint, env), 'ELASTICMQ_ENDPOINT', redactUrl(endpoint))
  }
  const java = machine.which('java')
  if (java === undefined)
    throw new ChangeoverError('CONFIG', 'There is no Java to run ElasticMQ with.', { remedy: REMEDY })
  const classpath = await readFile(join(await fetchElasticmq(context), CLASSPATH), 'utf8')
  const steps = (_folder: string, port: number): Command[] => {
    const address = [`bind-port=${port}`, 'bind-hostname=127.0.0.1', 'sqs-limits=strict']
    const settings = [
      ...address.map((setting) => `-Drest-sqs.${setting}`),
      '-Drest-stats.enabled=false',
      '-Dnode-address.host=127.0.0.1',
      `-Dnode-address.port=${port}`,
    ]
    return [[java, ...settings, '-cp', classpath.trim(), 'org.elasticmq.server.Main']]
  }
  const what = `ElasticMQ ${VERSION} from Maven Central`
  const { port, stop } = await launch({ name: 'elasticmq', what, remedy: REMEDY, env, steps, ping }, signal)
  return { value: endpointAt(`http://127.0.0.1:${port}`, env), why: `${what} (no ELASTICMQ_ENDPOINT)`, stop }
}

/** The folder with the class path, which names files in Maven's own cache. */
async function fetchElasticmq({ machine, say, signal }: Context): Promise<string> {
  const home = join(machine.cache, `elasticmq-${VERSION}`)
  const isUsable = (): boolean => existsSync(join(home, CLASSPATH))
  const mvn = machine.which('mvn')
  if (isUsable()) return home
  if (mvn === undefined)
    throw new ChangeoverError('CONFIG', 'There is no Maven to fetch ElasticMQ with.', { remedy: REMEDY })
  say(`elasticmq  fetching ElasticMQ ${VERSION} from Maven Central (once)`)
  try {
    const fetchInto = async (folder: string): Promise<void> => {
      const pom = join(folder, 'pom.xml')
      await writeFile(pom, POM)
      const output = `-Dmdep.outputFile=${join(folder, CLASSPATH)}`
      await run(mvn, ['-q', '-B', '-f', pom, 'dependency:build-classpath', output], { env: machine.env, signal })
    }
    await fillOnce(home, isUsable, fetchInto, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    throw new ChangeoverError('CONFIG', 'Maven could not fetch ElasticMQ.', { remedy: REMEDY, cause: thrown })
  }
  return home
}

async function ping(port: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/?Action=ListQueues`, { signal: AbortSignal.timeout(2_000) })
  if (!answer.ok) throw new Error(`ElasticMQ answered ${answer.status}`)
}
