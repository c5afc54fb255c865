// @ts-expect-error: it is not there
import { config } from './nowhere.ts'

export default config as unknown
