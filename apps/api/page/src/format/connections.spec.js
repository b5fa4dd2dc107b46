import { describe, expect, it } from 'vitest';
import { anInstance } from '../state/instance.spec.fixture.js';
import { connectionsOf } from './connections.js';

const CONNECTED = anInstance({
  connectionDetails: {
    ssh: { command: 'ssh -p 32787 root@proxy.example.net', password: 'sample' },
    jupyter: 'https://jupyter.example.net/lab',
    webTerminal: { address: 'https://terminal.example.net/x', username: 'root', password: 'sample2' },
  },
  portMappings: [
    { port: 8080, type: 'http', endpoint: 'https://x-8080.example.net' },
    { port: 22, type: 'tcp', endpoint: 'proxy.example.net:32787' },
    { port: 9, type: 'http' },
  ],
});

describe('ways to reach an instance', () => {
  it('are those that are known, passwords last', () => {
    expect(connectionsOf(CONNECTED).map(({ kind, what, text }) => `${kind} ${what}: ${text}`)).toEqual([
      'copy SSH command: ssh -p 32787 root@proxy.example.net',
      'open Jupyter: https://jupyter.example.net/lab',
      'open web terminal: https://terminal.example.net/x',
      'open port 8080: https://x-8080.example.net',
      'copy address of port 22: proxy.example.net:32787',
      'copy SSH password: sample',
      'copy web terminal password: sample2',
    ]);
  });

  it('are none for one that does not run', () => {
    for (const status of /** @type {const} */ (['stopped', 'stopping', 'starting', 'terminated', 'failed'])) {
      expect(connectionsOf({ ...CONNECTED, status })).toEqual([]);
    }
    expect(connectionsOf(anInstance({}))).toEqual([]);
  });

  it('never open what is no web address', () => {
    const hostile = ['javascript:alert(1)', ' javascript:alert(1)', 'data:text/html,x', 'ftp://x', '//x', 'x', ''];
    for (const text of hostile) {
      const odd = anInstance({ connectionDetails: { jupyter: text } });
      expect(connectionsOf(odd).every(({ kind }) => kind === 'copy')).toBe(true);
    }
  });
});
