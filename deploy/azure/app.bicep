// One program as a container app with an origin of its own.
param name string
param location string
param tags object
param image string
param port int
param environmentId string
param registryServer string
param identityId string
param vaultUri string

@description('A name of its own, or nothing.')
param domain string

@description('The managed certificate of that name in the environment. The name is bound without one first: only then can it be made.')
param certificate string

param maxReplicas int

@allowed(['none', 'sticky'])
param affinity string

@description('Variables that come from the vault: [{ variable, secret }].')
param references array

@description('Variables that anybody may read: [{ name, value }].')
param settings array

resource app 'Microsoft.App/containerApps@2025-07-01' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    environmentId: environmentId
    configuration: {
      // The old revision serves until the new one is ready. Affinity is only there in this mode.
      activeRevisionsMode: 'Single'
      maxInactiveRevisions: 10
      ingress: {
        external: true
        targetPort: port
        transport: 'http'
        allowInsecure: false
        stickySessions: { affinity: affinity }
        customDomains: empty(domain)
          ? []
          : empty(certificate)
              ? [{ name: domain, bindingType: 'Disabled' }]
              : [
                  {
                    name: domain
                    bindingType: 'SniEnabled'
                    certificateId: '${environmentId}/managedCertificates/${certificate}'
                  }
                ]
      }
      registries: [{ server: registryServer, identity: identityId }]
      // The platform reads the vault and pulls the image; the program has no use for a token of this identity.
      identitySettings: [{ identity: identityId, lifecycle: 'None' }]
      secrets: [
        for entry in references: {
          name: entry.secret
          keyVaultUrl: '${vaultUri}secrets/${entry.secret}'
          identity: identityId
        }
      ]
    }
    template: {
      // The programs give requests in progress ten seconds.
      terminationGracePeriodSeconds: 30
      containers: [
        {
          name: name
          image: image
          resources: { cpu: json('0.5'), memory: '1Gi' }
          env: concat(settings, map(references, entry => { name: entry.variable, secretRef: entry.secret }))
          probes: [
            {
              type: 'Startup'
              httpGet: { path: '/healthz', port: port, scheme: 'HTTP' }
              // A minute: a start waits half of one for a database that is not there yet. Ten is the most Azure takes.
              periodSeconds: 6
              timeoutSeconds: 2
              failureThreshold: 10
            }
            {
              type: 'Liveness'
              httpGet: { path: '/healthz', port: port, scheme: 'HTTP' }
              periodSeconds: 10
              timeoutSeconds: 5
              failureThreshold: 3
            }
            {
              type: 'Readiness'
              httpGet: { path: '/readyz', port: port, scheme: 'HTTP' }
              periodSeconds: 5
              timeoutSeconds: 5
              failureThreshold: 3
            }
          ]
        }
      ]
      scale: {
        minReplicas: 1
        maxReplicas: maxReplicas
        rules: [{ name: 'requests', http: { metadata: { concurrentRequests: '50' } } }]
      }
    }
  }
}
