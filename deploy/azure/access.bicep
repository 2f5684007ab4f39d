// Who reads which secret: one role, on that secret alone.
param vaultName string

@description('Pairs of a secret and a principal: [{ secret, principalId }].')
param readers array

var secretsUser = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource secrets 'Microsoft.KeyVault/vaults/secrets@2024-11-01' existing = [
  for reader in readers: {
    parent: vault
    name: reader.secret
  }
]

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (reader, index) in readers: {
    scope: secrets[index]
    name: guid(vault.id, reader.secret, reader.principalId, secretsUser)
    properties: {
      roleDefinitionId: secretsUser
      principalId: reader.principalId
      principalType: 'ServicePrincipal'
    }
  }
]
