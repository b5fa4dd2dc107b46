import { describe, expect, it } from 'vitest';
import { addressViolation, webhookUrlViolation } from './address-guard.js';

const PUBLIC_ONLY = { allowPrivate: false, requireTls: false };
const INSIDE = { allowPrivate: true, requireTls: false };

describe('an address as a target', () => {
  it.each(['93.184.216.34', '8.8.8.8', '::ffff:8.8.8.8', '2606:4700:4700::1111', '2001:4860:4860::8888'])(
    'may be the public %s',
    (address) => {
      expect(addressViolation(address, PUBLIC_ONLY)).toBeNull();
      expect(addressViolation(address, INSIDE)).toBeNull();
    },
  );

  it.each([
    '127.0.0.1',
    '127.255.0.9',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '::1',
    'fd12:3456::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
  ])('may be the private %s where that is allowed', (address) => {
    expect(addressViolation(address, PUBLIC_ONLY)).toBe('is private');
    expect(addressViolation(address, INSIDE)).toBeNull();
  });

  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '192.0.0.192',
    '192.0.2.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '100.100.100.200',
    '168.63.129.16',
    '192.88.99.1',
    'fd00:ec2::254',
    'fd00:ec2::23',
    'fd20:ce::254',
    'fd00:c1::a9fe:a9fe',
    'fd00:a9fe:a9fe::1',
    'fd00:42::42',
    'FD00:EC2:0:0:0:0:0:254',
    'fd00:ec2::254%eth0',
    '2606:4700:4700::1111%1',
    '::',
    '::7f00:1',
    '::ffff:0:127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::7f00:1',
    '2002:7f00:1::',
    '2001::1',
    '2001:db8::1',
    'fe80::1',
    'fe80::1%eth0',
    '2001:db8::1%eth0',
    '3fff::1',
    '5f00::1',
    'fec0::1',
    'ff02::1',
    '100::1',
    '4000::1',
    'no address',
    '',
  ])('is never %j', (address) => {
    for (const rules of [PUBLIC_ONLY, INSIDE]) expect(addressViolation(address, rules)).not.toBeNull();
  });
});

describe('the URL of a receiver', () => {
  it.each([
    'https://hooks.example.com/fleet?token=x',
    'http://hooks.example.com:8080',
    'https://8.8.8.8/',
    'https://[2606:4700:4700::1111]/x',
    'https://bücher.example/hook',
  ])('may be %s', (url) => {
    expect(webhookUrlViolation(url, PUBLIC_ONLY)).toBeNull();
  });

  it.each([
    [
      'http://127.0.0.1/',
      'must lead to another host: 127.0.0.1 is private; WEBHOOK_ALLOW_PRIVATE_ADDRESSES=true allows it',
    ],
    [
      'http://2130706433/',
      'must lead to another host: 127.0.0.1 is private; WEBHOOK_ALLOW_PRIVATE_ADDRESSES=true allows it',
    ],
    [
      'http://0x7f000001/',
      'must lead to another host: 127.0.0.1 is private; WEBHOOK_ALLOW_PRIVATE_ADDRESSES=true allows it',
    ],
    [
      'http://0177.0.0.1/',
      'must lead to another host: 127.0.0.1 is private; WEBHOOK_ALLOW_PRIVATE_ADDRESSES=true allows it',
    ],
    [
      'http://127.1/',
      'must lead to another host: 127.0.0.1 is private; WEBHOOK_ALLOW_PRIVATE_ADDRESSES=true allows it',
    ],
    [
      'http://127.0.0.1./',
      'must lead to another host: 127.0.0.1 is private; WEBHOOK_ALLOW_PRIVATE_ADDRESSES=true allows it',
    ],
    [
      'http://１２７.0.0.1/',
      'must lead to another host: 127.0.0.1 is private; WEBHOOK_ALLOW_PRIVATE_ADDRESSES=true allows it',
    ],
    [
      'http://[::ffff:127.0.0.1]/',
      'must lead to another host: ::ffff:7f00:1 is private; WEBHOOK_ALLOW_PRIVATE_ADDRESSES=true allows it',
    ],
    [
      'http://localhost/',
      'must lead to another host: localhost is private; WEBHOOK_ALLOW_PRIVATE_ADDRESSES=true allows it',
    ],
    [
      'http://LOCALHOST./',
      'must lead to another host: localhost. is private; WEBHOOK_ALLOW_PRIVATE_ADDRESSES=true allows it',
    ],
    [
      'http://a.localhost/',
      'must lead to another host: a.localhost is private; WEBHOOK_ALLOW_PRIVATE_ADDRESSES=true allows it',
    ],
  ])('is not %s', (url, violation) => {
    expect(webhookUrlViolation(url, PUBLIC_ONLY)).toBe(violation);
    expect(webhookUrlViolation(url, INSIDE)).toBeNull();
  });

  it.each([
    'https://user@hooks.example.com/',
    'https://user:secret@8.8.8.8/',
    'ftp://hooks.example.com/',
    'https://hooks.example.com/#part',
    'https://hooks.example.com:0/',
    'https://hooks.example.com:65536/',
    'https://[2606:4700:4700::1111%25eth0]/',
    'hooks',
    '',
  ])('is never %j', (url) => {
    for (const rules of [PUBLIC_ONLY, INSIDE]) expect(webhookUrlViolation(url, rules)).not.toBeNull();
  });

  it('has TLS where that is required, also inside a network', () => {
    expect(webhookUrlViolation('http://hooks.example.com/', { ...INSIDE, requireTls: true })).toBe(
      'must begin with https://',
    );
    expect(webhookUrlViolation('https://hooks/', { ...INSIDE, requireTls: true })).toBeNull();
    expect(webhookUrlViolation('https://169.254.169.254/', INSIDE)).toBe(
      'must lead to another host: 169.254.169.254 is not a public address (linkLocal)',
    );
  });
});
