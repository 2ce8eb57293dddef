/** comlink ships this module without types. */
declare module 'comlink/dist/esm/node-adapter.mjs' {
  import type { MessagePort } from 'node:worker_threads'

  /** Makes a comlink endpoint of a message port of Node. */
  export default function nodeEndpoint(port: MessagePort): unknown
}
