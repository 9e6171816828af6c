// Reads requests with the policies that decide on them, as JSON, and prints what an evaluator of IAM
// says to each. Run where `@cloud-copilot/iam-simulate` is installed.
import { runSimulation } from '@cloud-copilot/iam-simulate'

const chunks = []
for await (const chunk of process.stdin) chunks.push(chunk)
const account = '123456789012'
const answers = []
for (const asked of JSON.parse(Buffer.concat(chunks).toString())) {
  const { principal, action, resource, context, identity, session, bucket } = asked
  const answer = await runSimulation(
    {
      request: {
        principal,
        action,
        resource: { resource, accountId: account },
        contextVariables: context,
      },
      identityPolicies: identity ? [{ name: 'identity', policy: identity }] : [],
      sessionPolicy: session,
      resourcePolicy: bucket,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  )
  answers.push(answer.overallResult ?? JSON.stringify(answer))
}
console.log(JSON.stringify(answers))
